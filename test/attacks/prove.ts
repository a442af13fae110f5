import { createProof, type ProofOverrides } from '../support/proofs.ts'
import { PUBLIC_URL } from './attack.ts'
import type { Target } from './target.ts'

/** Differences from a request with a bound token and a valid proof. */
export interface Stolen {
  readonly token?: string
  /** @default 'DPoP' */
  readonly scheme?: string
  readonly proof?: ProofOverrides
  readonly nonce?: string
  /** The method and the address in the proof. */
  readonly method?: string
  readonly url?: string
}

/** Returns the token and the proof of a request to `/`. */
export function createPair(target: Target, different: Stolen = {}) {
  const { token = target.bound(), proof = {}, nonce, method = 'GET' } = different
  const { url = `${PUBLIC_URL}/` } = different
  const subject = { key: target.proofKey, token, method, url, now: target.clock.seconds(), nonce }
  return { token, proof: createProof(subject, proof) }
}

/** Returns the header lines of a request to `/`. */
export function createLines(target: Target, different: Stolen = {}): readonly string[] {
  const { token, proof } = createPair(target, different)
  return [`Authorization: ${different.scheme ?? 'DPoP'} ${token}`, `DPoP: ${proof}`]
}

/** Returns a whole request. `line` is its request line, without the version. */
export function toRequest(
  line: string,
  lines: readonly string[],
  host = '127.0.0.1',
  body = '',
): Uint8Array {
  const head = [`${line} HTTP/1.1`, `Host: ${host}`, ...lines, 'Connection: close']
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}
