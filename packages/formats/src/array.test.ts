// Reading one stored array.
import { expect, test } from 'vitest';
import { decode } from './array.js';

test('bytes in a Node Buffer, whose slice() does not copy, are copied too', () => {
  const pool = Buffer.alloc(64);
  pool.writeFloatLE(1.5, 8);
  const { data } = decode({ dtype: 'f32', shape: [1], bytes: pool.subarray(8, 12) });
  expect([...data]).toEqual([1.5]);
});
