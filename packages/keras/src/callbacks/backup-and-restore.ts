// BackupAndRestore: goes on with a training that was cut off.
import { ValueError } from '@nn/core';
import { readFileIfThere, removeFile, writeFile } from '../saving/files.js';
import { decodeVariables, encodeVariables } from '../saving/weights.js';
import type { Variable } from '../tensor/variable.js';
import { Callback, type Logs } from './callback.js';
import { everySoManyBatches, type SaveFrequency } from './save-frequency.js';

export interface BackupAndRestoreOptions {
  /** 'epoch' (default), or after how many batches. */
  saveFreq?: SaveFrequency;
  /** Removes the backup when the training has ended; default true. */
  deleteCheckpoint?: boolean;
}

/**
 * Keeps weights, the state of the optimizer and of random generators, and the epoch in a file, and puts them back at the beginning of a
 * `fit` that finds the file: it goes on with the epoch after the last complete one.
 *
 * @param backupDir  the folder of the file `latest.safetensors`
 * @throws ValueError  at the beginning of `fit` for a model that is not built
 */
export class BackupAndRestore extends Callback {
  readonly backupDir: string;
  private readonly o: BackupAndRestoreOptions;
  private readonly due: (batch: number) => boolean;
  private epoch = 0;
  constructor(backupDir: string, o: BackupAndRestoreOptions = {}) {
    super();
    if (!backupDir) throw new ValueError('Empty `backupDir` argument passed. Name a folder for the backup');
    this.backupDir = backupDir;
    this.o = o;
    this.due = everySoManyBatches('BackupAndRestore', o.saveFreq ?? 'epoch');
  }
  override get watchesBatches(): boolean {
    return this.o.saveFreq !== undefined && this.o.saveFreq !== 'epoch';
  }
  private get path(): string {
    return `${this.backupDir.replace(/[/\\]$/, '')}/latest.safetensors`;
  }
  /** All that a training changes, by its place. */
  private state(): (readonly [string, Variable])[] {
    return [
      ...this.model.variables.map((v, i) => [`model/vars/${i}`, v] as const),
      ...(this.model.optimizer?.variables ?? []).map((v, i) => [`optimizer/vars/${i}`, v] as const),
    ];
  }
  override async onTrainBegin(): Promise<void> {
    const { model } = this;
    if (!model.built)
      throw new ValueError(
        `To use the BackupAndRestore callback, your model must be built before you call \`fit()\`. Model ${model.name} is unbuilt. You can build it beforehand by calling it on a batch of data.`,
      );
    const bytes = await readFileIfThere(this.path, 'BackupAndRestore', instead);
    if (!bytes) return;
    if (model.optimizer && !model.optimizer.built) model.optimizer.build(model.trainableVariables);
    const metadata = decodeVariables(bytes, this.state(), `BackupAndRestore: ${this.path}`);
    this.epoch = Number(metadata.get('epoch') ?? 0);
    model.resumeFrom = this.epoch;
  }
  override async onTrainBatchEnd(batch: number): Promise<void> {
    if (this.due(batch)) await this.save();
  }
  override async onEpochEnd(epoch: number, _logs: Logs): Promise<void> {
    this.epoch = epoch + 1;
    if (!this.watchesBatches) await this.save();
  }
  override async onTrainEnd(): Promise<void> {
    if (this.o.deleteCheckpoint ?? true) await removeFile(this.path, 'BackupAndRestore');
  }
  private async save(): Promise<void> {
    await writeFile(
      this.path,
      await encodeVariables(this.state(), { epoch: String(this.epoch) }),
      'BackupAndRestore',
      instead,
    );
  }
}
const instead = 'Keep await model.weightsFile() where you can, and go on with initialEpoch';
