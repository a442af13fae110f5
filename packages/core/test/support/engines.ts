import type { TestKey } from '../../../../test/support/keys.ts'
import type { CompactJws } from '../../src/token/jwt/compact-jws.ts'
import type { Algorithm } from '../../src/signature/algorithms.ts'
import type { KeyMaterial, SignatureEngine } from '../../src/signature/engine.ts'
import { signatureEngine as nodeEngine } from '../../src/signature/node-engine.ts'
import { signatureEngine as portableEngine } from '../../src/signature/portable-engine.ts'

/** Both signature engines. They must return the same result in every test. */
export const ENGINES: readonly (readonly [name: string, SignatureEngine])[] = [
  ['node-engine', nodeEngine],
  ['portable-engine', portableEngine],
]

/** Returns whether an engine accepts the signature of a JWS. */
export async function accepts(
  engine: SignatureEngine,
  algorithm: Algorithm,
  material: KeyMaterial,
  jws: CompactJws,
): Promise<boolean> {
  const verify = await engine.prepare(algorithm, material)
  return verify(jws)
}

/** Returns the members that define a public key, as an engine gets them. */
export function toMaterial({ publicKey }: Pick<TestKey, 'publicKey'>): KeyMaterial {
  return publicKey.export({ format: 'jwk' })
}
