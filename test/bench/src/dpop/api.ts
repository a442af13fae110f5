import { createResourceServer, type Outcome, type ReplayStore } from '@bearward/core'
import { AUDIENCE, ISSUER } from '../claims.ts'
import type { SendProof } from './contestant.ts'
import { type BoundToken, ORIGIN, PATH } from './proofs.ts'

export interface ApiOptions {
  readonly replay: ReplayStore
  /** Sends valid proofs first, so that the token and the key of the client are cached. */
  readonly isKeyCached: boolean
}

/** Creates an API with Bearward. It runs the whole pipeline, with the token and the proof in the headers of a request. */
export async function createApi(
  { issuerKey, authorization: line, firstProofs, proofs }: BoundToken,
  { replay, isKeyCached }: ApiOptions,
): Promise<SendProof> {
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: [issuerKey] },
    algorithms: ['RS256'],
    publicUrl: ORIGIN,
    dpop: { replay, maxAge: 600 },
  })
  const guard = server.guard()
  if (isKeyCached) {
    for (let index = 0; index < firstProofs.count; index++) {
      const result = await send(firstProofs.line(index))
      if (result !== 'granted') throw new Error(`the first proof was refused: ${result}`)
    }
  }
  return (index) => send(proofs.line(index))

  function send(dpop: string): string | Promise<string> {
    const authorization = line.line(0)
    const host = 'api.example.com'
    const accept = 'application/json'
    const outcome = guard({
      method: 'GET',
      url: `${PATH}?page=2`,
      rawHeaders: ['Host', host, 'Accept', accept, 'Authorization', authorization, 'DPoP', dpop],
      headers: { host, accept, authorization, dpop },
    })
    return outcome instanceof Promise ? outcome.then(toResult) : toResult(outcome)
  }
}

function toResult(outcome: Outcome): string {
  return outcome.kind === 'refused' ? outcome.explanation.check : outcome.kind
}
