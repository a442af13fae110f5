import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { createClaims } from './claims.ts'
import { FOLDER } from './output-folder.ts'

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** Options for the tokens of a pool. */
export interface PoolOptions {
  readonly algorithm: Algorithm
  readonly count: number
  /** Claims that replace the default claims of every token. */
  readonly claims?: Readonly<Record<string, unknown>>
}

const SCHEME = 'Bearer '

/**
 * Tokens of equal length in one buffer, which the garbage collector does not scan. Every call returns a new string,
 * because a server also receives a new string with every request. In the engine, a string that was used before has a cached hash.
 */
export class TokenPool {
  readonly algorithm: Algorithm
  /** Public key of all tokens. */
  readonly jwk: JWK
  readonly count: number
  readonly #bytes: Buffer
  readonly #length: number

  /** Each line of `lines` is the value of one `Authorization` header. */
  constructor(algorithm: Algorithm, jwk: JWK, lines: Buffer) {
    this.algorithm = algorithm
    this.jwk = jwk
    this.#bytes = lines
    this.#length = lines.indexOf('\n')
    this.count = lines.length / (this.#length + 1)
    if (!Number.isInteger(this.count))
      throw new Error('all tokens of a pool must have the same length')
  }

  /** Returns the value of an `Authorization` header. */
  header(index: number): string {
    const start = index * (this.#length + 1)
    return this.#bytes.toString('latin1', start, start + this.#length)
  }

  token(index: number): string {
    const start = index * (this.#length + 1)
    return this.#bytes.toString('latin1', start + SCHEME.length, start + this.#length)
  }

  /** Returns the first `count` tokens, and changes one character in the middle of each signature. */
  withBadSignatures(count: number): TokenPool {
    return this.#change(count, (header) => {
      const at = Math.floor((header.lastIndexOf('.') + header.length) / 2)
      return `${header.slice(0, at)}${header[at] === 'A' ? 'B' : 'A'}${header.slice(at + 1)}`
    })
  }

  /**
   * Returns `count` tokens of the same length whose parts are base64url, but not JSON. Every process creates the
   * same tokens.
   */
  withGarbage(count: number): TokenPool {
    return this.#change(count, (header) =>
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

  #change(count: number, change: (header: string) => string): TokenPool {
    const headers = Array.from({ length: count }, (_, i) => `${change(this.header(i))}\n`)
    return new TokenPool(this.algorithm, this.jwk, Buffer.from(headers.join(''), 'latin1'))
  }
}

/** Stored data of a pool, without its tokens. */
export interface PoolMetadata {
  readonly jwk: JWK
  /** In seconds since the epoch. */
  readonly expiresAt: number
}

/** Returns the paths of a stored pool: its tokens, and its metadata in JSON. Pools with other claims have other paths. */
export function toPoolPaths({ algorithm, count, claims }: PoolOptions): {
  readonly tokens: string
  readonly metadata: string
} {
  const sample = { ...createClaims(0, { issuedAt: 0, expiresAt: 0 }), ...claims }
  const digest = createHash('sha256').update(JSON.stringify(sample)).digest('hex').slice(0, 8)
  const tokens = join(FOLDER, 'tokens', `${algorithm}-${count}-${digest}`)
  return { tokens, metadata: `${tokens}.json` }
}

/** Reads a pool that `ensurePool` has stored. */
export async function readPool(options: PoolOptions): Promise<TokenPool> {
  const { tokens, metadata } = toPoolPaths(options)
  const { jwk } = JSON.parse(await readFile(metadata, 'utf8')) as PoolMetadata
  return new TokenPool(options.algorithm, jwk, await readFile(tokens))
}

/** Returns the line of a token in a pool. */
export function toLine(token: string): string {
  return `${SCHEME}${token}\n`
}
