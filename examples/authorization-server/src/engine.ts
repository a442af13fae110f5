import type * as oidcProvider from 'oidc-provider'

/** The module `oidc-provider`. */
export type Engine = typeof oidcProvider

let loading: Promise<Engine> | undefined

/**
 * Loads oidc-provider, which prints a warning when it is imported under Node 20, without printing.
 */
export async function loadEngine(): Promise<Engine> {
  if (loading !== undefined) return loading
  const unmute = muteNotices()
  loading = import('oidc-provider')
  try {
    return await loading
  } finally {
    unmute()
  }
}

/** Runs `construct` without the notices that oidc-provider prints when it is set up. */
export function quietly<T>(construct: () => T): T {
  const unmute = muteNotices()
  try {
    return construct()
  } finally {
    unmute()
  }
}

/**
 * Its notices go to the console and have no switch. They warn of what is meant here (forms without
 * a password check, storage in memory), so they are dropped while this holds. Nothing else is.
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
