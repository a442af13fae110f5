import { TokenError } from './errors.ts'
import type { SourceSettings } from './source-settings.ts'
import { getDefaultOrigins, type TokenTarget } from './token-target.ts'

/** Throws a `TokenError` if the token of a target must not be sent to a URL. */
export function checkOrigin(
  { origin }: URL,
  target: TokenTarget,
  { allowedOrigins }: Pick<SourceSettings, 'allowedOrigins'>,
): void {
  if ((allowedOrigins ?? getDefaultOrigins(target)).includes(origin)) return
  throw new TokenError('origin_not_allowed', { detail: origin })
}
