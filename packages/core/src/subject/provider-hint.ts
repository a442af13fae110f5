import type { Publish } from '../lib/publisher.ts'

/**
 * Published if an option is missing or probably wrong. Tokens may still be accepted. Each warning is published once: at startup,
 * after discovery, after a call of `errorBody`, or at a refusal. For a dynamic issuer, the warnings of startup are published when
 * `resolve` first returns the options.
 *
 * @example
 * ```ts
 * {
 *   type: 'configuration_warning',
 *   issuer: 'https://login.example.com/',
 *   option: 'provider',
 *   advice:
 *     "The address /realms/acme looks like an address of keycloak. Set provider: 'keycloak' to distinguish its machines from its users.",
 * }
 * ```
 */
export interface ConfigurationWarningEvent {
  readonly type: 'configuration_warning'
  /** The issuer of the option. `undefined` if it is not an option of an issuer. */
  readonly issuer: string | undefined
  /** The name of the option. */
  readonly option: string
  /** The change to make. */
  readonly advice: string
}

/** The part of the settings of an issuer that this hint reads. */
interface IssuerOfHint {
  readonly metadataIssuer: string
  readonly subjects: { readonly provider?: string | undefined }
}

/** The part of the settings that this hint reads. */
interface SettingsOfHint {
  readonly getProviderOfAddress?: ((address: string) => string | undefined) | undefined
}

/**
 * Returns a function to call with each address of an issuer. If `provider` is not set and an address looks like an
 * address of a known product, the function publishes a `configuration_warning`. The address never changes an outcome.
 */
export function createProviderHint(
  { metadataIssuer: issuer, subjects }: IssuerOfHint,
  { getProviderOfAddress }: SettingsOfHint,
  publish: Publish<ConfigurationWarningEvent>,
): (address: string) => void {
  let isDone = subjects.provider !== undefined
  return (address) => {
    if (isDone || getProviderOfAddress === undefined) return
    const provider = getProviderOfAddress(address)
    if (provider === undefined) return
    isDone = true
    const advice = `The address ${new URL(address).pathname} looks like an address of ${provider}. Set provider: '${provider}' to distinguish its machines from its users.`
    publish('configuration_warning', () => ({ issuer, option: 'provider', advice }))
  }
}
