/** How much is remembered: at most so many verdicts, and so many bytes of them. */
export interface VerdictCacheBounds {
  readonly entries: number
  readonly bytes: number
}

/** Unless the option says otherwise. */
export const VERDICT_CACHE: VerdictCacheBounds = { entries: 5000, bytes: 16_777_216 }
