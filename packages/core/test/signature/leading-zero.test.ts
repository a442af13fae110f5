import { describe, expect, it } from 'vitest'
import { generateKey, signBytes } from '../../../../test/support/keys.ts'
import { parseCompactJws } from '../../src/token/jwt/compact-jws.ts'
import { Rejection } from '../../src/response/rejection.ts'
import { signatureEngine as nodeEngine } from '../../src/signature/node-engine.ts'
import { signatureEngine as portableEngine } from '../../src/signature/portable-engine.ts'
import { toSigningInput } from '../support/jws.ts'

const key = generateKey('PS256')
const input = toSigningInput('PS256', { iss: 'a' })

/** Creates a signature with a leading zero octet. PSS is randomized, so about one in 256 signatures begins with zero. */
function createSignatureWithLeadingZero(): Buffer {
  for (let i = 0; i < 20_000; i++) {
    const signature = signBytes('PS256', key.privateKey, Buffer.from(input))
    if (signature[0] === 0) return signature
  }
  throw new Error('None of 20,000 signatures has a leading zero octet. Check that they are random.')
}

describe.each([
  ['node', nodeEngine],
  ['portable', portableEngine],
])('the %s engine', (name, engine) => {
  it(`the ${name} engine accepts a PSS signature with a leading zero octet, and rejects the signature without this octet`, async () => {
    const verify = await engine.prepare('PS256', key.jwk)
    const signature = createSignatureWithLeadingZero()
    const results = [signature, signature.subarray(1)].map(async (bytes) => {
      const jws = parseCompactJws(`${input}.${bytes.toString('base64url')}`)
      if (jws instanceof Rejection) throw new Error('The token is rejected.')
      return verify(jws)
    })
    expect(await Promise.all(results)).toEqual([true, false])
  })
})
