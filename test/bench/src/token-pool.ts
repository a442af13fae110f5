import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { claimsOf } from './claims.ts'
import { FOLDER } from './folder.ts'

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** Which tokens a pool holds. */
export interface PoolOptions {
  readonly algorithm: Algorithm
  readonly count: number
  /** Merged over the claims of every token. */
  readonly claims?: Readonly<Record<string, unknown>>
}

const SCHEME = 'Bearer '

/**
 * Tokens of equal length that lie in one buffer, out of the way of the garbage collector. Every call makes a
 * fresh string, as a server gets one with every request: a string that has been used before knows its hash.
 */
export class TokenPool {
  readonly algorithm: Algorithm
  /** The public key of them all. */
  readonly jwk: JWK
  readonly count: number
  readonly #bytes: Buffer
  readonly #length: number

  /** `lines` holds one value of an `Authorization` header a line. */
  constructor(algorithm: Algorithm, jwk: JWK, lines: Buffer) {
    this.algorithm = algorithm
    this.jwk = jwk
    this.#bytes = lines
    this.#length = lines.indexOf('\n')
    this.count = lines.length / (this.#length + 1)
    if (!Number.isInteger(this.count)) throw new Error('the tokens of a pool differ in length')
  }

  /** The value of an `Authorization` header. */
  header(index: number): string {
    const start = index * (this.#length + 1)
    return this.#bytes.toString('latin1', start, start + this.#length)
  }

  token(index: number): string {
    const start = index * (this.#length + 1)
    return this.#bytes.toString('latin1', start + SCHEME.length, start + this.#length)
  }

  /** The first tokens, with one character in the middle of each signature changed. */
  withBadSignatures(count: number): TokenPool {
    return this.#altered(count, (header) => {
      const at = Math.floor((header.lastIndexOf('.') + header.length) / 2)
      return `${header.slice(0, at)}${header[at] === 'A' ? 'B' : 'A'}${header.slice(at + 1)}`
    })
  }

  /** As many tokens of the same form whose parts are base64url, but of no JSON: the same in every process. */
  withGarbage(count: number): TokenPool {
    return this.#altered(count, (header) =>
      header
        .slice(SCHEME.length)
        .split('.')
        .map((part) => {
          const hash = createHash('shake256', { outputLength: part.length })
          return hash.update(part).digest('base64url').slice(0, part.length)
        })
        .join('.')
        .replace(/^/, SCHEME),
    )
  }

  #altered(count: number, alter: (header: string) => string): TokenPool {
    const headers = Array.from({ length: count }, (_, i) => `${alter(this.header(i))}\n`)
    return new TokenPool(this.algorithm, this.jwk, Buffer.from(headers.join(''), 'latin1'))
  }
}

/** What is kept of a pool beside its tokens. */
export interface KeptPool {
  readonly jwk: JWK
  /** In seconds since the epoch. */
  readonly expiresAt: number
}

/** Where a pool is kept: the tokens, and beside them, in JSON, the rest. Other claims are another pool. */
export function filesOf({ algorithm, count, claims }: PoolOptions): {
  readonly tokens: string
  readonly rest: string
} {
  const sample = { ...claimsOf(0, { issuedAt: 0, expiresAt: 0 }), ...claims }
  const digest = createHash('sha256').update(JSON.stringify(sample)).digest('hex').slice(0, 8)
  const tokens = join(FOLDER, 'tokens', `${algorithm}-${count}-${digest}`)
  return { tokens, rest: `${tokens}.json` }
}

/** Reads a pool that has been minted: `ensurePool`. */
export async function readPool(options: PoolOptions): Promise<TokenPool> {
  const { tokens, rest } = filesOf(options)
  const { jwk } = JSON.parse(await readFile(rest, 'utf8')) as KeptPool
  return new TokenPool(options.algorithm, jwk, await readFile(tokens))
}

/** A line of a pool. */
export function lineOf(token: string): string {
  return `${SCHEME}${token}\n`
}
