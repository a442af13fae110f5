import type { CredentialsOption } from '../model/settings.ts'
import { custom, nested, required, text } from './option-rows.ts'
import type { OptionRow, OptionTable } from './option-table.ts'

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const TOKEN_HEADER = nested<
  { header: string },
  OptionTable<{ header: string }, { header: string }>
>(
  {
    header: required(
      text(
        'the name of a header that contains only the token, other than Authorization and Cookie',
        {
          matches: (name) =>
            HEADER_NAME.test(name) && !['authorization', 'cookie'].includes(name.toLowerCase()),
        },
      ),
      'set the name of the header',
    ),
  },
  "an object: { header: 'cf-access-jwt-assertion' }, or a function",
)

/** The option `credentials`. */
export const CREDENTIALS: OptionRow<
  CredentialsOption<object>,
  CredentialsOption | undefined
> = custom(
  (given, name, context) =>
    typeof given === 'function'
      ? (given as CredentialsOption)
      : TOKEN_HEADER.read(given, name, context),
  { table: TOKEN_HEADER.table },
)
