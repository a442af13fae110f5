import { describe, expect, it } from 'vitest'
import { createProof, generateProofKey, type ProofKey } from '../../../../../test/support/proofs.ts'
import { ProofKeys, readProofKey } from '../../../src/binding/dpop/proof-keys.ts'
import { Rejection } from '../../../src/response/rejection.ts'

/** Verifies a proof with `keys`. Returns the result and the encoded header of the proof. */
async function verifyWith(keys: ProofKeys, key: ProofKey, signedBy = key, header = {}) {
  const subject = { key, token: 'token', url: 'https://api.example.com/', now: 0 }
  const [encoded, payload, signature] = createProof(subject, { signedBy, header }).split('.')
  const read = readProofKey({ alg: key.alg, typ: 'dpop+jwt', jwk: { ...key.publicJwk } }, [
    'EdDSA',
    'ES256',
  ])
  if (read instanceof Rejection) throw new Error('the key is refused')
  const isValid = await keys.verify(read, key.thumbprint, encoded!, {
    signingInput: `${encoded}.${payload}`,
    signature: Buffer.from(signature!, 'base64url'),
  })
  return { isValid, encoded: encoded! }
}

describe('ProofKeys', () => {
  it('ProofKeys keeps 1,000 keys, and evicts one key for each further key', async () => {
    const keys = new ProofKeys()
    const headers: string[] = []
    for (let i = 0; i < 1000; i++) {
      const { isValid, encoded } = await verifyWith(keys, generateProofKey('EdDSA'))
      expect(isValid).toBe(true)
      headers.push(encoded)
    }
    const countKept = () => headers.filter((header) => keys.find(header) !== undefined).length
    expect(countKept()).toBe(1000)
    for (let i = 0; i < 3; i++) {
      headers.push((await verifyWith(keys, generateProofKey('EdDSA'))).encoded)
    }
    expect(countKept()).toBe(1000)
    expect(keys.find(headers.at(-1)!)).toBeDefined()
  })

  it('ProofKeys keeps only the newest header of a key that has signed a proof', async () => {
    const keys = new ProofKeys()
    const key = generateProofKey()
    let last = (await verifyWith(keys, key)).encoded
    for (const kid of ['a', 'b', 'c']) {
      const { isValid, encoded } = await verifyWith(keys, key, key, { kid })
      expect(isValid).toBe(true)
      expect(keys.find(encoded)).toBeDefined()
      expect(keys.find(last)).toBeUndefined()
      last = encoded
    }
    const forged = await verifyWith(keys, key, generateProofKey(), { kid: 'forged' })
    expect(forged.isValid).toBe(false)
    expect(keys.find(forged.encoded)).toBeUndefined()
    expect(keys.find(last)).toBeDefined()
  })

  it('ProofKeys does not keep a key whose signature is invalid', async () => {
    const keys = new ProofKeys()
    const { isValid, encoded } = await verifyWith(keys, generateProofKey(), generateProofKey())
    expect(isValid).toBe(false)
    expect(keys.find(encoded)).toBeUndefined()
  })
})
