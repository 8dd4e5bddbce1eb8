// Parses the small part of Python in which the golden data writes its PyTorch models: a class with `__init__` and `forward`.

export type Expression =
  | { readonly type: 'literal'; readonly value: number | string | boolean | null }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'tuple'; readonly items: readonly Expression[] }
  | { readonly type: 'attribute'; readonly of: Expression; readonly name: string }
  | {
      readonly type: 'call';
      readonly callee: Expression;
      readonly args: readonly Expression[];
      readonly kwargs: Readonly<Record<string, Expression>>;
    }
  | { readonly type: 'item'; readonly of: Expression; readonly index: Expression }
  | { readonly type: 'unary'; readonly of: Expression }
  | { readonly type: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression };

export interface Statement {
  /** Where the value goes; absent for a call alone and for `return`. */
  readonly target?: Expression;
  readonly value: Expression;
  readonly returns: boolean;
}

export interface Method {
  /** Parameters after `self`. */
  readonly parameters: readonly string[];
  readonly body: readonly Statement[];
}

/** The methods of the one class in `source`. */
export function parseClass(source: string): ReadonlyMap<string, Method> {
  const methods = new Map<string, { parameters: string[]; body: Statement[] }>();
  let current: Statement[] | undefined;
  for (const line of joinLines(source)) {
    const head = /^def (\w+)\(self,?\s*(.*)\):$/.exec(line);
    if (head) {
      current = [];
      methods.set(head[1]!, { parameters: head[2] ? head[2].split(/\s*,\s*/) : [], body: current });
    } else if (!/^class \w+(\(.*\))?:$/.test(line)) {
      if (!current) throw new SyntaxError(`A statement outside of a method: ${line}`);
      current.push(new Parser(line).statement());
    }
  }
  return methods;
}

/** Logical lines: blank ones left out, a line with an open bracket joined with the next. */
function* joinLines(source: string): Generator<string> {
  let open = '';
  for (const line of source.split('\n')) {
    open = open === '' ? line.trim() : `${open} ${line.trim()}`;
    const count = (brackets: RegExp): number => open.match(brackets)?.length ?? 0;
    if (open === '' || count(/[([]/g) > count(/[)\]]/g)) continue;
    yield open;
    open = '';
  }
}

const binding: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '@': 2, '/': 2, '%': 2, '**': 4 };

class Parser {
  private readonly tokens: string[];
  private at = 0;

  constructor(private readonly text: string) {
    this.tokens = text.match(/"[^"]*"|'[^']*'|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|\w+|\*\*|[^\s\w]/gi) ?? [];
  }

  statement(): Statement {
    const returns = this.take('return');
    const value = this.tuple();
    if (returns || !this.take('=')) return this.end({ value, returns });
    return this.end({ target: value, value: this.tuple(), returns });
  }

  private end(statement: Statement): Statement {
    if (this.at < this.tokens.length) this.unexpected();
    return statement;
  }

  /** Expressions with commas between them, without brackets. */
  private tuple(): Expression {
    const first = this.expression();
    if (this.peek() !== ',') return first;
    const items = [first];
    while (this.take(',')) if (this.startsExpression()) items.push(this.expression());
    return { type: 'tuple', items };
  }

  private expression(): Expression {
    const yes = this.operation(0);
    if (!this.take('if')) return yes;
    const test = this.operation(0);
    this.expect('else');
    return { type: 'choice', test, yes, no: this.expression() };
  }

  private operation(above: number): Expression {
    let left = this.unary();
    for (
      let operator = this.peek();
      operator !== undefined && (binding[operator] ?? 0) > above;
      operator = this.peek()
    ) {
      this.at++;
      left = {
        type: 'binary',
        operator,
        left,
        right: this.operation(operator === '**' ? binding[operator]! - 1 : binding[operator]!),
      };
    }
    return left;
  }

  private unary(): Expression {
    return this.take('-') ? { type: 'unary', of: this.operation(3) } : this.trailers(this.atom());
  }

  private trailers(of: Expression): Expression {
    for (;;) {
      if (this.take('.')) of = { type: 'attribute', of, name: this.next() };
      else if (this.take('(')) of = this.call(of);
      else if (this.take('[')) {
        of = { type: 'item', of, index: this.tuple() };
        this.expect(']');
      } else return of;
    }
  }

  private call(callee: Expression): Expression {
    const args: Expression[] = [];
    const kwargs: Record<string, Expression> = {};
    while (!this.take(')')) {
      if (this.tokens[this.at + 1] === '=') {
        const name = this.next();
        this.at++;
        kwargs[name] = this.expression();
      } else args.push(this.expression());
      if (this.peek() !== ')') this.expect(',');
    }
    return { type: 'call', callee, args, kwargs };
  }

  private atom(): Expression {
    const token = this.next();
    const constants: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
    if (token in constants) return { type: 'literal', value: constants[token]! };
    if (/^[\d.]/.test(token) && token !== '.') return { type: 'literal', value: Number(token) };
    if (/^["']/.test(token)) return { type: 'literal', value: token.slice(1, -1) };
    if (/^\w/.test(token)) return { type: 'name', name: token };
    const close = ({ '(': ')', '[': ']' } as const)[token];
    if (!close) this.unexpected(token);
    if (this.take(close)) return { type: 'tuple', items: [] };
    const inside = this.tuple();
    this.expect(close);
    return token === '[' && inside.type !== 'tuple' ? { type: 'tuple', items: [inside] } : inside;
  }

  private startsExpression(): boolean {
    const token = this.peek();
    return token !== undefined && !/^[=)\]]$/.test(token);
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private next(): string {
    return this.tokens[this.at++] ?? this.unexpected('the end');
  }

  private take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) this.unexpected();
  }

  private unexpected(token: string = this.peek() ?? 'the end'): never {
    throw new SyntaxError(`Unexpected ${token} in: ${this.text}`);
  }
}
