import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import { getOwn, isRecord } from '../lib/objects.ts'
import { isAbsent } from './conditions.ts'

/** A party that acts for the subject (RFC 8693 section 4.1). */
export interface Actor {
  /** The `sub` of the actor, or its client id if it has no `sub`. */
  readonly id: string
  /** The issuer of `id`, from `iss` in `act`. If it is missing, the issuer of the token is also the issuer of `id`. */
  readonly issuer?: string
  readonly clientId?: string
}

/**
 * Reads the current actor: the outermost `act`. Nested actors are history, "not to be considered in access control
 * decisions" (RFC 8693 section 4.1). Only their form is checked, and their number is limited, because a client can make
 * the chain longer. `may_act` names parties that may become an actor. This function does not read it.
 */
export function readActor(claims: JsonObject): Actor | 'malformed' | undefined {
  const act = getOwn(claims, 'act')
  if (act === undefined || act === null) return undefined
  if (!isRecord(act) || !isChain(act)) return 'malformed'
  const [sub, clientId, issuer] = [
    readText(act, 'sub'),
    readText(act, 'client_id'),
    readText(act, 'iss'),
  ]
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
    link = getOwn(link, 'act')
    if (link === undefined) return true
  }
  return false
}

/** Reads a text. Returns `undefined` if it is absent, and `null` if the value is not a text. */
function readText(act: JsonObject, name: string): string | null | undefined {
  const value = getOwn(act, name)
  if (isAbsent(value)) return undefined
  return typeof value === 'string' ? value : null
}
