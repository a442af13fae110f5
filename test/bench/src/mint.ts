import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createClaims, createTimes, type Times } from './claims.ts'
import {
  type PoolMetadata,
  type PoolOptions,
  TokenPool,
  toLine,
  toPoolPaths,
} from './token-pool.ts'

const DAY = 86_400

/** Mints and stores a pool for `readPool`, unless the stored pool is still valid for about one day. */
export async function ensurePool(options: PoolOptions): Promise<void> {
  const { tokens, metadata } = toPoolPaths(options)
  const times = createTimes(30 * DAY)
  try {
    const { expiresAt } = JSON.parse(await readFile(metadata, 'utf8')) as PoolMetadata
    if (expiresAt > times.issuedAt + DAY) return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { jwk, lines } = await mintLines(options, times)
  await mkdir(dirname(tokens), { recursive: true })
  // The file with the metadata is written last. If this file exists, the file with the tokens is complete.
  await rm(metadata, { force: true })
  await writeFile(tokens, lines)
  await writeFile(
    metadata,
    JSON.stringify({ jwk, expiresAt: times.expiresAt } satisfies PoolMetadata),
  )
}

/** Mints a pool that is not stored. */
export async function mintPool(options: PoolOptions, times: Times): Promise<TokenPool> {
  const { jwk, lines } = await mintLines(options, times)
  return new TokenPool(options.algorithm, jwk, lines)
}

/** Signs the tokens with a new private key, which is not stored. */
async function mintLines(
  { algorithm, count, claims }: PoolOptions,
  times: Times,
): Promise<{ jwk: PoolMetadata['jwk']; lines: Buffer }> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm)
  const kid = randomBytes(16).toString('base64url')
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  const header = { alg: algorithm, typ: 'at+jwt', kid }
  const lines: Buffer[] = []
  // jose signs in the thread pool: 1,000 tokens at a time keep every core busy.
  for (let first = 0; first < count; first += 1000) {
    const length = Math.min(1000, count - first)
    const tokens = await Promise.all(
      Array.from({ length }, (_, i) =>
        new SignJWT({ ...createClaims(first + i, times), ...claims })
          .setProtectedHeader(header)
          .sign(privateKey),
      ),
    )
    lines.push(Buffer.from(tokens.map(toLine).join(''), 'latin1'))
  }
  return { jwk, lines: Buffer.concat(lines) }
}
