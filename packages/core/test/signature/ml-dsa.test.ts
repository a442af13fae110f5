import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER } from '../../../../test/support/issuer.ts'
import { createResourceServer } from '../../src/index.ts'
import { readJwk } from '../../src/keys/jwk.ts'
import { readKeySet } from '../../src/keys/key-set.ts'
import { toThumbprint } from '../../src/keys/thumbprint.ts'
import { ALGORITHMS, type Algorithm } from '../../src/signature/algorithms.ts'
import { ENGINES } from '../support/engines.ts'

const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

/** Generates a key pair, or returns `undefined` if this runtime does not have the algorithm. */
function generate(algorithm: Algorithm) {
  try {
    return generateKeyPairSync(algorithm.toLowerCase() as 'ed25519')
  } catch {
    return undefined
  }
}

describe.each(ML_DSA)('%s', (algorithm) => {
  const pair = generate(algorithm)

  it.each(ENGINES)(
    `%s supports ${algorithm} if and only if the runtime has it, and rejects a signature of another text or of another length`,
    async (_name, engine) => {
      expect(engine.supports(algorithm)).toBe(pair !== undefined)
      expect(engine.supports('ES256')).toBe(true)
      if (pair === undefined) return
      const verify = await engine.prepare(algorithm, pair.publicKey.export({ format: 'jwk' }))
      const signature = sign(null, Buffer.from('a.b'), pair.privateKey)
      expect(signature).toHaveLength(ALGORITHMS[algorithm].signatureBytes)
      expect(await verify({ signingInput: 'a.b', signature })).toBe(true)
      expect(await verify({ signingInput: 'a.c', signature })).toBe(false)
      expect(await verify({ signingInput: 'a.b', signature: signature.subarray(1) })).toBe(false)
      expect(
        await verify({ signingInput: 'a.b', signature: Buffer.concat([signature, signature]) }),
      ).toBe(false)
    },
  )

  it(`createResourceServer reports ${algorithm} if the runtime does not have it`, () => {
    const options = {
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['ES256', algorithm],
    } as const
    if (pair === undefined) {
      expect(() => createResourceServer(options)).toThrow(
        `algorithms contains ${algorithm}, which this runtime does not have: use others, or a newer runtime such as Node 24.7.`,
      )
    } else expect(createResourceServer(options).status().issuers).toHaveLength(1)
  })

  it(`KeySet.excludes returns false for ${algorithm} and a kid if the key with this kid is for another ML-DSA algorithm`, async () => {
    const other = algorithm === 'ML-DSA-44' ? 'ML-DSA-65' : 'ML-DSA-44'
    const pub = Buffer.alloc(ALGORITHMS[other].publicBytes, 7).toString('base64url')
    const keys = [{ kty: 'AKP', alg: other, pub, kid: 'a' }]
    const policy = { algorithms: [algorithm, other] as const, named: true }
    const read = () => readKeySet({ keys }, policy)
    if (generate(other) === undefined) expect(read).toThrow('no usable key')
    else expect((await read()).excludes(algorithm, 'a')).toBe(false)
  })

  it(`the thumbprint of a key for ${algorithm} is the hash of alg, kty and pub (RFC 9964 section 6)`, async () => {
    const pub = Buffer.alloc(ALGORITHMS[algorithm].publicBytes, 7).toString('base64url')
    const jwk = { kid: 'a', use: 'sig', kty: 'AKP', pub, alg: algorithm }
    const key = readJwk(jwk, { algorithms: [algorithm], named: true })
    if (typeof key === 'string') throw new Error(key)
    const { subtle } = crypto
    const text = `{"alg":"${algorithm}","kty":"AKP","pub":"${pub}"}`
    const digest = await subtle.digest('SHA-256', new TextEncoder().encode(text))
    expect(await toThumbprint(key.material)).toBe(Buffer.from(digest).toString('base64url'))
  })
})
