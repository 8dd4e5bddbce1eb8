// What Vite adds to modules: other modules by a pattern, loaded when they are called for.
interface ImportMeta {
  glob(pattern: string): Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>>;
}
