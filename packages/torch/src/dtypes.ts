// The data types by name: torch.float32 and so on.
import type { DType } from './tensor/dtype.js';

export const float32: DType = 'float32';
export const float64: DType = 'float64';
export const int32: DType = 'int32';
export const uint32: DType = 'uint32';
export const uint8: DType = 'uint8';
export const bool: DType = 'bool';
/** float32 */
export const float: DType = 'float32';
/** float64 */
export const double: DType = 'float64';
/** int32 */
export const int: DType = 'int32';
/** int32: the widest integer that every device has. */
export const long: DType = 'int32';
