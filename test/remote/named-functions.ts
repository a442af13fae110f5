import { isAllowedOrigin } from '../contract/allowed-origin.ts'
import { forwardedCertificate } from '../contract/forwarded-certificate.ts'
import { isTenant } from '../contract/is-tenant.ts'
import { unavailableReplay } from '../contract/unavailable-replay.ts'
import { sessionCookie } from '../contract/session-cookie.ts'
import { isKnownHost } from '../attacks/known-host.ts'

/**
 * Functions of options that return their result synchronously, and stores with such functions. Another process cannot call these
 * functions in this process. Both processes import this list, and send only the names.
 */
const NAMED = {
  forwardedCertificate,
  isAllowedOrigin,
  isKnownHost,
  isTenant,
  sessionCookie,
  unavailableReplay,
} as const

/** Returns the name of a function or a store, or `undefined` if it is not in the list. */
export function findName(named: unknown): string | undefined {
  return Object.entries(NAMED).find(([, one]) => one === named)?.[0]
}

/** Returns the function or the store with a name. */
export function getNamed(name: unknown): unknown {
  return NAMED[name as keyof typeof NAMED]
}
