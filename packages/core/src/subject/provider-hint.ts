import type { Publish } from '../lib/publisher.ts'
import { getProviderOfAddress } from './providers.ts'

/**
 * An option is missing or doubtful, and tokens may still be accepted. Published once: at start, when the metadata of an issuer
 * was read, or when a function of the application has first returned something that has no effect.
 */
export interface ConfigurationWarningEvent {
  readonly type: 'configuration_warning'
  /** `undefined`: the option is about no issuer. */
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

/**
 * Returns a function that is called with each address of an issuer. If no `provider` is set and an address looks like
 * that of a known product, a `configuration_warning` says so. It changes no decision: an address proves nothing.
 */
export function createProviderHint(
  { metadataIssuer: issuer, subjects }: IssuerOfHint,
  publish: Publish<ConfigurationWarningEvent>,
): (address: string) => void {
  let isDone = subjects.provider !== undefined
  return (address) => {
    if (isDone) return
    const provider = getProviderOfAddress(address)
    if (provider === undefined) return
    isDone = true
    const advice = `The address ${new URL(address).pathname} looks like that of ${provider}. Set provider: '${provider}', so that its machines and users are told apart.`
    publish('configuration_warning', () => ({ issuer, option: 'provider', advice }))
  }
}
