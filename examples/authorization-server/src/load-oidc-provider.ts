import type * as oidcProvider from 'oidc-provider'

/** The module `oidc-provider`. */
export type OidcProviderModule = typeof oidcProvider

let loading: Promise<OidcProviderModule> | undefined

/** Imports oidc-provider without the warning that it prints on Node 20. */
export async function loadOidcProvider(): Promise<OidcProviderModule> {
  if (loading !== undefined) return loading
  const unmute = muteNotices()
  loading = import('oidc-provider')
  try {
    return await loading
  } finally {
    unmute()
  }
}

/** Calls `construct` and drops the notices that oidc-provider prints during this call. */
export function withoutNotices<T>(construct: () => T): T {
  const unmute = muteNotices()
  try {
    return construct()
  } finally {
    unmute()
  }
}

/**
 * Drops the notices of oidc-provider until the returned function is called. The notices warn about settings
 * that the examples need: storage in memory, and a login form that accepts any password. No option turns the
 * notices off.
 */
function muteNotices(): () => void {
  const { info, warn } = console
  console.info = (...words: unknown[]): void => {
    if (!isNotice(words[0])) info.apply(console, words)
  }
  console.warn = (...words: unknown[]): void => {
    if (!isNotice(words[0])) warn.apply(console, words)
  }
  return () => Object.assign(console, { info, warn })
}

function isNotice(text: unknown): boolean {
  return typeof text === 'string' && /oidc-provider (?:NOTICE|WARNING): /.test(text)
}
