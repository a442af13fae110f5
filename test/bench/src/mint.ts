import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { claimsOf, type Times, timesFor } from './claims.ts'
import { filesOf, type KeptPool, lineOf, type PoolOptions, TokenPool } from './token-pool.ts'

const DAY = 86_400

/** Mints a pool for `readPool`, unless there is one that lasts for another day. */
export async function ensurePool(options: PoolOptions): Promise<void> {
  const { tokens, rest } = filesOf(options)
  const times = timesFor(30 * DAY)
  try {
    const { expiresAt } = JSON.parse(await readFile(rest, 'utf8')) as KeptPool
    if (expiresAt > times.issuedAt + DAY) return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { jwk, lines } = await mintLines(options, times)
  await mkdir(dirname(tokens), { recursive: true })
  // It comes last, and says that the tokens are whole.
  await rm(rest, { force: true })
  await writeFile(tokens, lines)
  await writeFile(rest, JSON.stringify({ jwk, expiresAt: times.expiresAt } satisfies KeptPool))
}

/** Mints a pool that is not kept. */
export async function mint(options: PoolOptions, times: Times): Promise<TokenPool> {
  const { jwk, lines } = await mintLines(options, times)
  return new TokenPool(options.algorithm, jwk, lines)
}

/** With a new key, which is forgotten. */
async function mintLines(
  { algorithm, count, claims }: PoolOptions,
  times: Times,
): Promise<{ jwk: KeptPool['jwk']; lines: Buffer }> {
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
    lines.push(Buffer.from(tokens.map(lineOf).join(''), 'latin1'))
  }
  return { jwk, lines: Buffer.concat(lines) }
}
