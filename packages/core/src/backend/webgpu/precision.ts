// How precise the factors of products are: a setting of a device, for programs that can do with less.
import { DeviceError, ValueError } from '../../base/index.js';
import type { AdapterReport } from './device.js';

/**
 * What the factors of products of f32 arrays may be rounded to where workgroups keep them in their memory, as schedules for large products
 * do; sums and results are f32 in any case. f16 has 11 bits, so that a product is off by up to 1e-3 of its size; numbers beyond 65504 become
 * infinite, and those below 6.1e-5 may become 0.
 */
export type ProductPrecision = 'f32' | 'f16';
const precisions: readonly unknown[] = ['f32', 'f16'];

/** @throws DeviceError  when the adapter cannot compute in that precision */
export function checkPrecision(
  precision: ProductPrecision,
  {
    features,
    description,
    vendor,
    architecture,
  }: Pick<AdapterReport, 'features' | 'description' | 'vendor' | 'architecture'>,
): ProductPrecision {
  if (!precisions.includes(precision))
    throw new ValueError(`webgpu: the precision of products is "f32" or "f16", not ${JSON.stringify(precision)}`);
  if (precision === 'f16' && !features.includes('shader-f16'))
    throw new DeviceError(
      `webgpu: products in f16 need the feature "shader-f16", which this adapter (${description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed'}) does not have; it has ${features.join(', ') || 'none'}. Leave products in "f32", or take a GPU and driver with half precision`,
    );
  return precision;
}
