import { isAcceptableAddress } from '../authorization-server/address.ts'
import type { Clock } from '../lib/clock.ts'
import { isRecord } from '../lib/objects.ts'

/** Says what is wrong with an option, so that all of it can be said at once. */
export type Say = (problem: string) => void

/** Options before they are validated. */
export type GivenOptions = Readonly<Record<string, unknown>>

export function readSeconds(
  value: unknown,
  name: string,
  min: number,
  max: number,
  say: Say,
): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= min && value <= max) return value
  say(`${name} must be a number of seconds from ${min} to ${max}.`)
  return undefined
}

export function readName(value: unknown, name: string, say: Say): string | undefined {
  if (value === undefined || isName(value)) return value
  say(`${name} must be the name of a claim.`)
  return undefined
}

export function readNames(value: unknown, name: string, say: Say): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.length > 0 && value.every(isName))
    return Object.freeze([...value])
  say(`${name} must be an array with at least one name.`)
  return undefined
}

export function readChoice<const T extends string>(
  value: unknown,
  choices: readonly T[],
  name: string,
  say: Say,
): T | undefined {
  if (value === undefined || choices.includes(value as T)) return value as T | undefined
  say(`${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}.`)
  return undefined
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function readHosts(hosts: unknown, say: Say): readonly string[] {
  if (hosts === undefined) return []
  if (Array.isArray(hosts) && hosts.every(isHostName)) return Object.freeze([...hosts])
  say(
    "allowInsecureHosts must be an array of lower-case host names without scheme and port, such as ['keycloak'].",
  )
  return Array.isArray(hosts) ? hosts.filter(isHostName) : []
}

function isHostName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)
}

export function readClock(clock: unknown, usual: Clock, say: Say): Clock {
  if (clock === undefined) return usual
  const isClock =
    isRecord(clock) &&
    ['now', 'monotonic', 'after'].every((name) => typeof clock[name] === 'function')
  if (!isClock) say('clock must have the functions now, monotonic and after.')
  return clock as unknown as Clock
}

/** Says what is wrong with an issuer identifier as the address that its metadata is found by. */
export function checkIssuerAddress(
  issuer: string,
  insecureHosts: readonly string[],
  say: Say,
): void {
  if (!isAcceptableAddress(issuer, insecureHosts) || issuer.includes('?')) {
    say(
      'issuer must be an https address without query and fragment (RFC 8414 section 2); http is accepted on loopback and for hosts named in allowInsecureHosts.',
    )
  } else if (issuer.includes('/.well-known/')) {
    say('issuer is the address of its metadata: give the issuer that stands in there.')
  }
}
