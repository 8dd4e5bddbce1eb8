// RemoteMonitor: sends the values of each epoch to a server.
import { Callback, type Logs } from './callback.js';

export interface RemoteMonitorOptions {
  /** Default 'http://localhost:9000'. */
  root?: string;
  /** Default '/publish/epoch/end/'. */
  path?: string;
  /** The field of a form that has the values as JSON; default 'data'. */
  field?: string;
  headers?: Readonly<Record<string, string>> | null;
  /** The values as the body, as application/json; default false. */
  sendAsJson?: boolean;
}
/** Posts `{ epoch, ...values }` after each epoch; a server that does not answer is a warning. */
export class RemoteMonitor extends Callback {
  private readonly o: RemoteMonitorOptions;
  constructor(o: RemoteMonitorOptions = {}) {
    super();
    this.o = o;
  }
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const {
      root = 'http://localhost:9000',
      path = '/publish/epoch/end/',
      field = 'data',
      headers,
      sendAsJson,
    } = this.o;
    const text = JSON.stringify({ epoch, ...logs });
    const body = sendAsJson ? text : new URLSearchParams({ [field]: text });
    try {
      await fetch(root + path, {
        method: 'POST',
        body,
        headers: { ...(sendAsJson && { 'content-type': 'application/json' }), ...headers },
      });
    } catch (error) {
      console.warn(`Could not reach RemoteMonitor root server at ${root}: ${(error as Error).message}`);
    }
  }
}
