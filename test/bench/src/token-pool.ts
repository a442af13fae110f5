import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import { claimsOf } from './claims.ts'
import { FOLDER } from './folder.ts'

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** Which tokens a pool holds. Pools of one name are minted once, and kept in a file. */
export interface PoolOptions {
  readonly name: string
  readonly algorithm: Algorithm
  readonly count: number
  /** Merged over the claims of every token. */
  readonly claims?: Record<string, unknown>
}

const DAY = 86_400
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

  /** As many tokens of the same form with nothing in them that could be decoded. */
  withGarbage(count: number): TokenPool {
    return this.#altered(count, (header) =>
      header
        .slice(SCHEME.length)
        .split('.')
        .map((part) => randomBytes(part.length).toString('base64url').slice(0, part.length))
        .join('.')
        .replace(/^/, SCHEME),
    )
  }

  #altered(count: number, alter: (header: string) => string): TokenPool {
    const headers = Array.from({ length: count }, (_, i) => `${alter(this.header(i))}\n`)
    return new TokenPool(this.algorithm, this.jwk, Buffer.from(headers.join(''), 'latin1'))
  }
}

/** Reads a pool from its file, or mints it where there is none that lasts for another day. */
export async function tokenPool(options: PoolOptions): Promise<TokenPool> {
  const { name, algorithm, count } = options
  const file = join(FOLDER, 'tokens', `${name}-${algorithm}-${count}`)
  const now = Math.floor(Date.now() / 1000)
  try {
    const { jwk, expiresAt } = JSON.parse(await readFile(`${file}.json`, 'utf8')) as Kept
    if (expiresAt > now + DAY) return new TokenPool(algorithm, jwk, await readFile(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const times = { issuedAt: now, expiresAt: now + 30 * DAY }
  const { jwk, lines } = await mint(options, times)
  await mkdir(join(FOLDER, 'tokens'), { recursive: true })
  await writeFile(file, lines)
  await writeFile(
    `${file}.json`,
    JSON.stringify({ jwk, expiresAt: times.expiresAt } satisfies Kept),
  )
  return new TokenPool(algorithm, jwk, lines)
}

interface Kept {
  readonly jwk: JWK
  readonly expiresAt: number
}

/** Mints tokens with a new key, which is forgotten. */
export async function mint(
  { algorithm, count, claims = {} }: Omit<PoolOptions, 'name'>,
  times: { readonly issuedAt: number; readonly expiresAt: number },
): Promise<{ jwk: JWK; lines: Buffer }> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm)
  const kid = randomBytes(16).toString('base64url')
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  const header = { alg: algorithm, typ: 'at+jwt', kid }
  const lines: Buffer[] = []
  // jose signs in the thread pool: with that many at a time, every core is busy.
  for (let first = 0; first < count; first += 1000) {
    const length = Math.min(1000, count - first)
    const tokens = await Promise.all(
      Array.from({ length }, (_, i) =>
        new SignJWT({ ...claimsOf(first + i, times), ...claims })
          .setProtectedHeader(header)
          .sign(privateKey),
      ),
    )
    lines.push(Buffer.from(tokens.map((token) => `${SCHEME}${token}\n`).join(''), 'latin1'))
  }
  return { jwk, lines: Buffer.concat(lines) }
}
