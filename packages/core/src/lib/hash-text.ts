import { sha256 } from '#sha256'
import type { MaybePromise } from './maybe-promise.ts'

/** Returns the SHA-256 hash of a text in base64url. Other packages import `#sha256` from here. */
export const hashText: (text: string) => MaybePromise<string> = sha256
