import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import { isRecord } from '../lib/objects.ts'
import { isAbsent, own } from './conditions.ts'

/** Someone, or something, that acts for the subject (RFC 8693 section 4.1). */
export interface Actor {
  /** Its `sub`, or its client id where it has no `sub`. */
  readonly id: string
  /** The issuer of `id`, if the token says so; else it is the token's own issuer. */
  readonly issuer?: string
  readonly clientId?: string
}

/**
 * The one who acts now: the outermost `act`. What is nested in it is history, "not to be considered in
 * access control decisions" (RFC 8693 section 4.1). It is only held to its form and a depth, because
 * whoever asks for a token can make the chain longer. `may_act` says who might act, and is not read.
 */
export function readActor(claims: JsonObject): Actor | 'malformed' | undefined {
  const act = own(claims, 'act')
  if (act === undefined || act === null) return undefined
  if (!isRecord(act) || !isChain(act)) return 'malformed'
  const [sub, clientId, issuer] = [textIn(act, 'sub'), textIn(act, 'client_id'), textIn(act, 'iss')]
  if (sub === null || clientId === null || issuer === null) return 'malformed'
  const id = sub ?? clientId
  if (id === undefined) return 'malformed'
  return Object.freeze({
    id,
    ...(issuer !== undefined && { issuer }),
    ...(clientId !== undefined && { clientId }),
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

/** A text, `undefined` where there is none, and `null` where there is something else in its place. */
function textIn(act: JsonObject, name: string): string | null | undefined {
  const value = own(act, name)
  if (isAbsent(value)) return undefined
  return typeof value === 'string' ? value : null
}
