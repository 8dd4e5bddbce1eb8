// Threads of a subgroup hand values to each other without memory and barriers. How many they are, a kernel learns when it runs: WGSL fixes it neither
// for a device nor for a kernel.
import type { Gpu, Subgroups } from './device.js';
import type { Block } from './wgsl/shader.js';

/**
 * Brings the values of `lanes` neighbouring threads together, as far as a subgroup reaches: afterwards all of those have the result. The order
 * of the steps depends on nothing but the subgroups' size, so that results are the same at each run. All threads must come here.
 *
 * @param lanes  a power of two; the first of them has a number that it divides
 * @param take   statements that combine a thread's values with those of the thread whose number differs by this bit
 */
export function shareInSubgroup(
  block: Block,
  { least, most }: Subgroups,
  lanes: number,
  take: (step: number) => readonly string[],
): void {
  for (let step = 1; step < Math.min(most, lanes); step *= 2) {
    if (step < least) {
      block.say(...take(step));
      continue;
    }
    const inner = block.open();
    inner.say(...take(step));
    block.close(`if (subgroup > ${step}u) {`, inner);
  }
}
/** The value of the thread whose number differs by this bit; of numbers and vectors of numbers. */
export const across = (value: string, step: number): string => `subgroupShuffleXor(${value}, ${step}u)`;
/** How many of these threads have the same result after `shareInSubgroup`, as WGSL: a number where all sizes give the same. */
export function sharing({ least, most }: Subgroups, lanes: number): string {
  if (least === most || lanes <= least) return `${Math.min(least, lanes)}u`;
  return `min(subgroup, ${lanes}u)`;
}

const threads = 256;
const [storage, copySource, copyDestination, mapRead] = [0x80, 0x4, 0x8, 0x1];
const question = `enable subgroups;
@group(0) @binding(0) var<storage, read_write> answers: array<u32>;
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(subgroup_size) subgroup: u32, @builtin(subgroup_invocation_id) own: u32) {
  let first = subgroupBroadcastFirst(thread);
  answers[thread] = select(0u, 1u, thread % subgroup == own && thread - own == first);
}`;
/** Whether the threads of subgroups are neighbours, in order. WGSL does not promise it, and kernels rest on it; so the device is asked. */
export async function areInOrder({ device, lost }: Gpu): Promise<boolean> {
  if (lost !== null) return false;
  const bytes = 4 * threads;
  const answers = device.createBuffer({ size: bytes, usage: storage | copySource });
  const readable = device.createBuffer({ size: bytes, usage: copyDestination | mapRead });
  const module = device.createShaderModule({ label: 'subgroups', code: question });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const layout = pipeline.getBindGroupLayout(0);
  const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: answers } }] });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(answers, 0, readable, 0, bytes);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(1);
  const inOrder = new Uint32Array(readable.getMappedRange()).every((yes) => yes === 1);
  answers.destroy();
  readable.destroy();
  return inOrder;
}
