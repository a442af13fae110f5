import type { JsonObject } from '../encoding/json.ts'
import { LIMITS } from '../limits.ts'
import { isRecord } from '../problems.ts'
import { isAbsent, own } from './conditions.ts'

/** Someone, or something, that acts for the subject (RFC 8693 section 4.1). */
export interface Actor {
  /** Its `sub`, or its client id where it has no `sub`. */
  readonly id: string
  /** Where `id` comes from, if the token says so; else it is the token's own issuer. */
  readonly issuer?: string
  readonly clientId?: string
}

/**
 * The one who acts now: the outermost `act`. What is nested in it is history, "not to be considered in
 * access control decisions" (RFC 8693 section 4.1). It is only held to its form and a depth, because
 * whoever asks for a token can make the chain longer. `may_act` says who might act, and is not read.
 */
export function actorOf(claims: JsonObject): Actor | 'malformed' | undefined {
  const act = own(claims, 'act')
  if (act === undefined || act === null) return undefined
  if (!isRecord(act) || !isChain(act)) return 'malformed'
  const [sub, clientId, issuer] = ['sub', 'client_id', 'iss'].map((name) => own(act, name))
  if (![sub, clientId, issuer].every(isTextOrAbsent)) return 'malformed'
  const id = isAbsent(sub) ? clientId : sub
  if (isAbsent(id)) return 'malformed'
  return Object.freeze({
    id: id as string,
    ...(!isAbsent(issuer) && { issuer: issuer as string }),
    ...(!isAbsent(clientId) && { clientId: clientId as string }),
  })
}

function isChain(act: JsonObject): boolean {
  let link: unknown = act
  for (let depth = 0; depth < LIMITS.actors; depth++) {
    if (!isRecord(link)) return false
    link = own(link, 'act')
    if (link === undefined) return true
  }
  return false
}

function isTextOrAbsent(value: unknown): boolean {
  return isAbsent(value) || typeof value === 'string'
}
