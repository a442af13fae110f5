import type { RequestTarget } from '../binding/dpop/dpop-settings.ts'
import type { OptionContext } from './option-context.ts'
import { custom } from './option-rows.ts'
import type { OptionRow } from './option-table.ts'

/** Value of the option `publicUrl`. `Raw` is the request of the framework. */
export type PublicUrl<Raw extends object = never> = string | ((request: Raw) => RequestTarget)

/** The option `publicUrl`. Its value is checked with the option `dpop`, because the check depends on other options. */
export const PUBLIC_URL: OptionRow<PublicUrl<object>, PublicUrl | undefined> = custom(
  (given) => given as PublicUrl | undefined,
)

/** The values of other options on which the settings of DPoP depend. */
export interface DpopContext {
  readonly publicUrl: PublicUrl | undefined
  /** `true` if the option `dpop` is set. */
  readonly isGiven: boolean
  readonly resource: string | undefined
  readonly hasMetadata: boolean
  readonly hasCredentials: boolean
}

/**
 * Reports the option `publicUrl` if it has no effect, because the option `dpop` is not set. This file does not depend on the part
 * `dpop`, so that a bundle without this part stays small.
 */
export function reportPublicUrl(
  { publicUrl, isGiven }: Pick<DpopContext, 'publicUrl' | 'isGiven'>,
  { toName, report }: OptionContext,
): undefined {
  if (publicUrl === undefined || isGiven) return undefined
  const name = toName('dpop')
  report(`${toName('publicUrl')} has no effect without ${name}: remove it, or set ${name}.`)
  return undefined
}
