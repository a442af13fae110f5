import { sha256 } from '#sha256'
import type { MaybePromise } from './maybe-promise.ts'

/** Returns the SHA-256 hash of a text in base64url. Other packages use this export, because they cannot import `#sha256`. */
export const hashText: (text: string) => MaybePromise<string> = sha256
