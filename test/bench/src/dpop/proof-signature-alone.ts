import { verify } from 'node:crypto'
import { toDer } from '../micro/signature-alone.ts'
import type { ProofContestant } from './contestant.ts'
import { PROOF_KINDS } from './proofs.ts'

/**
 * Calls `crypto.verify` once per proof, with the bytes of its signature and of its signed text, like `signatureAlone` for a token.
 * It reads no header and no claims. The key is imported before the first call.
 */
export const proofSignatureAlone: ProofContestant = ({ clientKey, proofs }) => {
  const isEcdsa = clientKey.asymmetricKeyType === 'ec'
  const hash = isEcdsa ? 'sha256' : null
  return (index) => {
    const proof = proofs.line(index)
    const dot = proof.lastIndexOf('.')
    const input = Buffer.from(proof.slice(0, dot), 'latin1')
    const signature = Buffer.from(proof.slice(dot + 1), 'base64url')
    return verify(hash, input, clientKey, isEcdsa ? toDer(signature) : signature)
      ? PROOF_KINDS.valid
      : PROOF_KINDS['bad signature']
  }
}
