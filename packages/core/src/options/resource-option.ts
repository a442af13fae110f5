import { isAcceptableAddress } from '../authorization-server/address.ts'
import { isQuotable } from '../response/challenge.ts'
import { custom } from './option-rows.ts'
import type { OptionRow } from './option-table.ts'

/** Matches the name of a challenge parameter before `=`. Some clients search the whole `WWW-Authenticate` for such a name. */
const HIDDEN_PARAMETER =
  /(?:scope|error|error_description|resource_metadata|acr_values|max_age|realm)=/i

/** The option `resource`: the identifier of this API (RFC 8707 section 2, RFC 9728 section 1.2). */
export const RESOURCE: OptionRow<string, string | undefined> = custom(
  (given, name, { report, insecureHosts }) => {
    if (given === undefined) return undefined
    if (typeof given !== 'string' || !isAcceptableAddress(given, insecureHosts.hosts)) {
      report(
        `${name} must be the https address of this API, without user name, password and fragment. http is accepted on loopback and for hosts in ${insecureHosts.name}.`,
      )
      // Returns a text, so that no other check reports `resource` as missing.
      return ''
    }
    const { href } = new URL(given)
    if (given !== href && `${given}/` !== href) {
      report(
        `${name} must be written in its normal form: scheme and host in lower case, without default port and dot segments, and with a slash before a query.`,
      )
    } else if (HIDDEN_PARAMETER.test(given)) {
      report(
        `${name} must not contain the name of a challenge parameter before an equals sign, such as scope=: some clients would read it as that parameter.`,
      )
    } else if (!isQuotable(given)) {
      report(`${name} must not contain a backslash.`)
    }
    return given
  },
  { variable: 'BEARWARD_RESOURCE' },
)
