// Functions and modules of WebAssembly, written straight into bytes: locals, control flow, calls, and the sections around them.
import { Bytes } from './bytes.js';
import { call, i32, Local, v128, type I32, type Result, type Type, type V128, type Value } from './instructions.js';

const typeCode: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function that another module, or JavaScript, gives. */
export interface Signature {
  readonly params: readonly Type[];
  readonly result: Result;
}

/** So many of the same, to be taken apart by name. */
type Tuple<T, N extends number, R extends readonly T[] = []> = R['length'] extends N
  ? R
  : Tuple<T, N, readonly [...R, T]>;
type Integers<N extends number> = Tuple<Local<'i32'>, N>;
/** A function of so many integers that returns nothing. */
export const ofIntegers = (count: number): Signature => ({
  params: Array.from({ length: count }, () => 'i32'),
  result: 'void',
});

/** A function under construction. Statements are written in the order of the calls. */
export class Func {
  private readonly head = new Bytes();
  private readonly body = new Bytes();
  private readonly locals: Type[] = [];
  private readonly constants = new Map<string, Local<'v128'>>();
  readonly params: readonly Local[];
  /** It calls, or a function that it calls does, what JavaScript gives: only the main thread can run it. */
  usesImports = false;
  constructor(
    readonly index: number,
    readonly signature: Signature,
    /** The module, for calls of its other functions. */
    readonly module: Module,
  ) {
    this.params = signature.params.map((t, k) => new Local(t, k));
  }
  /** A parameter of a known type. */
  param<T extends Type>(k: number): Local<T> {
    return this.params[k] as Local<T>;
  }
  /** The first parameters, which are integers. */
  integers<N extends number>(count: N): Integers<N> {
    return this.params.slice(0, count) as unknown as Integers<N>;
  }
  /** New variables that hold integers. */
  newIntegers<N extends number>(count: N): Integers<N> {
    return Array.from({ length: count }, () => this.local('i32')) as unknown as Integers<N>;
  }
  local<T extends Type>(type: T): Local<T> {
    return new Local(type, this.signature.params.length + this.locals.push(type) - 1);
  }
  /** Writes a statement, or leaves a value on the stack as the function's result. */
  do(value: Value): void {
    value.write(this.body);
  }
  set<T extends Type>(local: Local<T>, value: Value<T>): void {
    value.write(this.body);
    this.body.byte(0x21);
    this.body.unsigned(local.index);
  }
  /** A new local that holds the value. */
  let<T extends Type>(value: Value<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }
  /** A vector constant, made once at the start of the function: some engines would make it again in each iteration of a loop. */
  constant(key: string, make: () => V128): V128 {
    let local = this.constants.get(key);
    if (!local) {
      this.constants.set(key, (local = this.local('v128')));
      make().write(this.head);
      this.head.byte(0x21);
      this.head.unsigned(local.index);
    }
    return local;
  }
  /** Four equal floats. */
  f32s(x: number): V128 {
    return this.constant(`f${Object.is(x, -0) ? '-0' : x}`, () => v128.f32s(x));
  }
  /** Two equal floats of 64 bits. */
  f64s(x: number): V128 {
    return this.constant(`d${Object.is(x, -0) ? '-0' : x}`, () => v128.f64s(x));
  }
  /** Four equal integers. */
  i32s(x: number): V128 {
    return this.constant(`i${x | 0}`, () => v128.i32s(x));
  }
  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.write(this.body);
    this.body.bytes([0x04, 0x40]);
    then();
    if (otherwise) {
      this.body.byte(0x05);
      otherwise();
    }
    this.body.byte(0x0b);
  }
  /** do body while (condition) */
  repeat(body: () => void, condition: () => I32): void {
    this.body.bytes([0x03, 0x40]);
    body();
    condition().write(this.body);
    this.body.bytes([0x0d, 0, 0x0b]);
  }
  /** for (i = from; i < to; i += step) body; the comparison is signed. */
  for(i: Local<'i32'>, from: I32, to: I32, step: I32, body: () => void): void {
    this.set(i, from);
    this.if(i32.lt(i, to), () => this.loop(i, to, step, body));
  }
  /** do body while ((i += step) < to): for loops that are known to run at least once. */
  loop(i: Local<'i32'>, to: I32, step: I32, body: () => void): void {
    this.repeat(body, () => {
      this.set(i, i32.add(i, step));
      return i32.lt(i, to);
    });
  }
  return(): void {
    this.body.byte(0x0f);
  }
  write(out: Bytes): void {
    const locals = new Bytes();
    locals.unsigned(this.locals.length);
    for (const t of this.locals) locals.bytes([1, typeCode[t]]);
    out.unsigned(locals.length + this.head.length + this.body.length + 1);
    out.append(locals);
    out.append(this.head);
    out.append(this.body);
    out.byte(0x0b);
  }
}

/** A function that is imported by its name. */
export interface Import extends Signature {
  readonly name: string;
}

/** What an engine's WebAssembly can do beyond what every one has that runs the backend. */
export interface Engine {
  /** Multiply-add in one instruction, which may round once or twice. */
  readonly madd: boolean;
  /**
   * Steps of the innermost product loop that are written out, and whether the rows of a tile come last first. Engines from about the time of
   * relaxed SIMD on keep the order of the source and gain from four steps; older ones schedule backwards and spill when there is more than one.
   */
  readonly steps: number;
  readonly reversed: boolean;
  /** Whether functions and divisions may be less exact than elsewhere. */
  readonly fast: boolean;
}
const plain: Engine = { madd: false, steps: 1, reversed: true, fast: false };
/** A module under construction: imports first, one memory, functions. */
export class Module {
  private readonly functions: Func[] = [];
  private readonly exports: { readonly name: string; readonly index: number }[] = [];
  private readonly named = new Map<string, Func>();
  /** The functions under construction, the innermost last. */
  private readonly building: Func[] = [];
  constructor(
    private readonly imports: readonly Import[] = [],
    private readonly memory: { readonly shared: boolean; readonly maximum: number } = {
      shared: false,
      maximum: 65536,
    },
    /** The engine that it is written for. */
    readonly engine: Engine = plain,
  ) {}
  /** Adds a function and builds its body. */
  add(signature: Signature, build: (f: Func) => void, exported?: string): Func {
    const f = new Func(this.imports.length + this.functions.length, signature, this);
    this.functions.push(f);
    if (exported !== undefined) this.exports.push({ name: exported, index: f.index });
    this.building.push(f);
    build(f);
    this.building.pop();
    return f;
  }
  /** The function of that name, built when it is first asked for. */
  once(name: string, signature: Signature, build: (f: Func) => void): Func {
    let f = this.named.get(name);
    if (!f) this.named.set(name, (f = this.add(signature, build)));
    return f;
  }
  call<R extends Result>(f: Func, ...args: Value[]): Value<R> {
    if (f.usesImports) this.building.at(-1)!.usesImports = true;
    return call(f.signature.result as R, args, f.index);
  }
  /** Calls an imported function. */
  callImport<R extends Result>(name: string, ...args: Value[]): Value<R> {
    const index = this.imports.findIndex((x) => x.name === name);
    this.building.at(-1)!.usesImports = true;
    return call(this.imports[index]!.result as R, args, index);
  }
  bytes(): Uint8Array<ArrayBuffer> {
    const types = new Map<string, number>();
    const signatures: Signature[] = [];
    const typeOf = (signature: Signature): number => {
      const key = `${signature.params.join()}:${signature.result}`;
      const known = types.get(key);
      if (known !== undefined) return known;
      types.set(key, signatures.length);
      return signatures.push(signature) - 1;
    };
    const imported = this.imports.map(typeOf);
    const own = this.functions.map((f) => typeOf(f.signature));
    const out = new Bytes();
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, write: (s: Bytes) => void): void => {
      const s = new Bytes();
      write(s);
      out.byte(id);
      out.sized(s);
    };
    section(1, (s) => {
      s.unsigned(signatures.length);
      for (const { params, result } of signatures) {
        s.byte(0x60);
        s.unsigned(params.length);
        for (const t of params) s.byte(typeCode[t]);
        s.bytes(result === 'void' ? [0] : [1, typeCode[result]]);
      }
    });
    section(2, (s) => {
      s.unsigned(this.imports.length + 1);
      this.imports.forEach(({ name }, k) => {
        s.text('env');
        s.text(name);
        s.byte(0);
        s.unsigned(imported[k]!);
      });
      s.text('env');
      s.text('memory');
      s.bytes([2, this.memory.shared ? 3 : 1]);
      s.unsigned(1);
      s.unsigned(this.memory.maximum);
    });
    section(3, (s) => {
      s.unsigned(this.functions.length);
      for (const type of own) s.unsigned(type);
    });
    section(7, (s) => {
      s.unsigned(this.exports.length);
      for (const { name, index } of this.exports) {
        s.text(name);
        s.byte(0);
        s.unsigned(index);
      }
    });
    section(10, (s) => {
      s.unsigned(this.functions.length);
      for (const f of this.functions) f.write(s);
    });
    return out.copy();
  }
}
