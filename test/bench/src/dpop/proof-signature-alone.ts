import { verify } from 'node:crypto'
import { toDer } from '../micro/signature-alone.ts'
import type { ProofContestant } from './contestant.ts'
import { PROOF_KINDS } from './proofs.ts'

/**
 * Calls `crypto.verify` once per proof. The key, the signature and the signed text are prepared, in the form that takes the
 * least time.
 */
export const proofSignatureAlone: ProofContestant = ({ clientKey, proofs }) => {
  const isEcdsa = clientKey.asymmetricKeyType === 'ec'
  const hash = isEcdsa ? 'sha256' : null
  const prepared = Array.from({ length: proofs.count }, (_, index) => {
    const proof = proofs.line(index)
    const dot = proof.lastIndexOf('.')
    const signature = Buffer.from(proof.slice(dot + 1), 'base64url')
    return {
      input: Buffer.from(proof.slice(0, dot), 'latin1'),
      signature: isEcdsa ? toDer(signature) : signature,
    }
  })
  return (index) => {
    const { input, signature } = prepared[index]!
    return verify(hash, input, clientKey, signature)
      ? PROOF_KINDS.valid
      : PROOF_KINDS['bad signature']
  }
}
