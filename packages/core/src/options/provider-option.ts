import type { Provider } from '../subject/providers.ts'
import { custom } from './option-rows.ts'
import type { OptionReader, OptionRow } from './option-table.ts'
import { readProvider } from './read-provider.ts'

type ProviderRow = OptionRow<Provider, Provider | undefined>

function createRow(read: OptionReader<Provider | undefined>): ProviderRow {
  return custom(read, { variable: 'BEARWARD_PROVIDER' })
}

/** The option `provider`, as a table of options with one row. */
export const PROVIDER_OPTION = { provider: /* @__PURE__ */ createRow(readProvider) }

/** The option `provider` for resource servers without the part `providers`. */
export const PROVIDER_WITHOUT_PART: ProviderRow = createRow((given, name, { report }) => {
  if (given !== undefined)
    report(`${name} requires a part: import providers, and set use: [providers].`)
  return undefined
})
