// tsup asks for the TypeScript JS API only for its own declarations, which tsc writes here: TypeScript 7 has no such API.
module.exports = {
  hooks: {
    readPackage(pkg) {
      if (pkg.name === 'tsup') {
        delete pkg.peerDependencies?.typescript;
        delete pkg.peerDependenciesMeta?.typescript;
      }
      return pkg;
    },
  },
};
