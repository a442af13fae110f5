import { refusedWithDpop } from '../attacks/attack.ts'
import type { Difference } from './difference.ts'

const used = refusedWithDpop('proof_used', 'invalid_dpop_proof')

/** The difference of frameworks whose requests have a `url` that was parsed as a URL. */
export const DOT_SEGMENTS_REMOVED: Difference = {
  reason: 'a URL of the runtime has no dot segments',
  attacks: Object.fromEntries(
    ['a dot segment', 'a dot segment after another segment', 'encoded dot segments'].map((what) => [
      `a used proof for /r in a request with ${what}`,
      used,
    ]),
  ),
}
