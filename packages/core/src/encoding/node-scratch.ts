import { Buffer } from 'node:buffer'
import { LIMITS } from '../limits.ts'

const SCRATCH = Buffer.allocUnsafeSlow(LIMITS.tokenLength)

/**
 * Memory for bytes that are of use for one synchronous call only: whoever asks next gets the same. To allocate
 * it for every token costs more than what is done with it.
 */
export function scratch(length: number): Buffer {
  return length <= SCRATCH.length ? SCRATCH.subarray(0, length) : Buffer.allocUnsafe(length)
}
