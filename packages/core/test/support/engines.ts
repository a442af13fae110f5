import type { TestKey } from '../../../../test/support/keys.ts'
import type { CompactJws } from '../../src/token/jwt/compact-jws.ts'
import type { Algorithm } from '../../src/signature/algorithms.ts'
import type { KeyMaterial, SignatureEngine } from '../../src/signature/engine.ts'
import { signatureEngine as nodeEngine } from '../../src/signature/node-engine.ts'
import { signatureEngine as portableEngine } from '../../src/signature/portable-engine.ts'

/** Both engines: whatever one of them says, the other has to say too. */
export const ENGINES: readonly (readonly [name: string, SignatureEngine])[] = [
  ['node-engine', nodeEngine],
  ['portable-engine', portableEngine],
]

export async function accepts(
  engine: SignatureEngine,
  algorithm: Algorithm,
  material: KeyMaterial,
  jws: CompactJws,
): Promise<boolean> {
  const verify = await engine.prepare(algorithm, material)
  return verify(jws)
}

/** The members that make a public key, as an engine gets them. */
export function materialOf({ publicKey }: Pick<TestKey, 'publicKey'>): KeyMaterial {
  return publicKey.export({ format: 'jwk' })
}
