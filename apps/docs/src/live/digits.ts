// The demo in the browser: one network in both styles, trained side by side on handwritten digits, tested, and ported.
import type { ModelName } from '../../../demo/src/options.js';
import { onChosen } from './device.js';
import { element, messageOf, plot, style, type Curve } from './view.js';

const digitsAt = new URL('../../../demo/data/digits.csv.gz', import.meta.url);

/** The text of the file, whether or not the server has unpacked it. */
async function textOfFile(): Promise<string> {
  const response = await fetch(digitsAt);
  if (!response.ok) throw new Error(`the digits could not be loaded: ${response.status} ${response.statusText}`);
  const bytes = await response.arrayBuffer();
  const [first, second] = new Uint8Array(bytes);
  if (first !== 0x1f || second !== 0x8b) return new TextDecoder().decode(bytes);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

interface Shown {
  status(text: string): void;
  curves(torch: readonly number[], keras: readonly number[]): void;
  table(rows: readonly (readonly string[])[]): void;
}

async function train(model: ModelName, epochs: number | null, show: Shown): Promise<void> {
  const [torch, { checkParity, toKeras }, { parseDigits, split }, { networks }, torchStyle, kerasStyle] =
    await Promise.all([
      import('@nn/torch'),
      import('@nn/port'),
      import('../../../demo/src/digits.js'),
      import('../../../demo/src/networks.js'),
      import('../../../demo/src/torch-style.js'),
      import('../../../demo/src/keras-style.js'),
    ]);
  const data = split(parseDigits(await textOfFile(), 'digits.csv.gz'), { split: 0, seed: 0 });
  const network = networks[model];
  const passes = epochs ?? network.epochs;
  torch.manualSeed(0);
  const first = network.build();
  const second = toKeras(first, { inputShape: network.torchShape });
  const losses: { torch: number[]; keras: number[] } = { torch: [], keras: [] };
  const timed = async (style: 'torch' | 'keras', run: () => Promise<number[]>): Promise<number> => {
    const began = performance.now();
    losses[style] = await run();
    show.curves(losses.torch, losses.keras);
    return performance.now() - began;
  };
  const pass = (style: 'torch' | 'keras') => (epoch: number, loss: number) => {
    losses[style].push(loss);
    show.status(`${style}: pass ${epoch + 1} of ${passes}, loss ${loss.toFixed(4)}`);
    show.curves(losses.torch, losses.keras);
  };
  show.status('torch: compiling …');
  const torchMs = await timed('torch', () =>
    torchStyle.trainTorch(first, network, data.train, passes, {
      step: (epoch, loss) => show.status(`torch: pass ${epoch + 1} of ${passes}, loss ${loss.toFixed(4)}`),
      epochEnd: pass('torch'),
      end: () => {},
    }),
  );
  const kerasMs = await timed('keras', () =>
    kerasStyle.trainKeras(second, network, data.train, passes, 0, pass('keras')),
  );
  show.status('testing and porting …');
  const ported = toKeras(first, { inputShape: network.torchShape });
  const sample = torch.tensor(data.test.pixels.slice(0, 8 * 64)).reshape([8, ...network.torchShape]);
  const report = await checkParity(first, ported, { inputs: [sample], train: { steps: 3, optimizer: 'sgd' } });
  const farthest = Math.max(...report.rows.map((row) => row.maxAbs));
  const apart = Math.max(...losses.torch.map((v, k) => Math.abs(v - losses.keras[k]!)));
  show.table([
    ['', "PyTorch's style", "Keras's style"],
    [
      'right on 359 digits',
      ...(
        await Promise.all([
          torchStyle.testTorch(first, network, data.test),
          kerasStyle.testKeras(second, network, data.test),
        ])
      ).map(percent),
    ],
    ['trained in', seconds(torchMs), seconds(kerasMs)],
    ['losses differ by', apart.toExponential(1), ''],
    ['ported to Keras', report.equal ? 'equal' : 'not equal', `differs by ${farthest.toExponential(1)}`],
  ]);
}

/** `<train-digits>` */
export class TrainDigits extends HTMLElement {
  connectedCallback(): void {
    if (this.shadowRoot) return;
    const model = element('select', { 'aria-label': 'network' });
    model.append(
      element('option', { value: 'mlp' }, 'two dense layers'),
      element('option', { value: 'cnn' }, 'two convolutions and a dense layer'),
    );
    const button = element('button', { type: 'button' }, 'Train');
    const said = element('span', { class: 'said', role: 'status' });
    const picture = element('div');
    const result = element('div');
    this.attachShadow({ mode: 'open' }).append(element('style', {}, style), model, ' ', button, said, picture, result);
    const show: Shown = {
      status: (text) => void (said.textContent = text),
      curves(torch, keras) {
        const curves: Curve[] = [
          { name: 'torch', values: torch, colour: 'var(--vp-c-brand-1)' },
          { name: 'keras', values: keras, colour: 'var(--vp-c-warning-1)' },
        ];
        picture.replaceChildren(plot(curves.filter((c) => c.values.length)));
      },
      table: (rows) =>
        result.replaceChildren(
          element(
            'table',
            {},
            ...rows.map((cells) => element('tr', {}, ...cells.map((c, k) => element(k ? 'td' : 'th', {}, c)))),
          ),
        ),
    };
    button.addEventListener('click', () => {
      button.disabled = true;
      result.replaceChildren();
      picture.replaceChildren();
      const epochs = this.hasAttribute('epochs') ? Number(this.getAttribute('epochs')) : null;
      onChosen(() => train(model.value as ModelName, epochs, show))
        .then(({ device, ms }) => show.status(`on ${device}, ${seconds(ms)}`))
        .catch((error: unknown) => {
          show.status('');
          result.replaceChildren(element('p', { class: 'failed' }, messageOf(error)));
        })
        .finally(() => (button.disabled = false));
    });
  }
}
