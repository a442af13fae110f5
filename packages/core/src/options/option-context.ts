import type { Problems } from '../configuration-problems.ts'

/** The context that the reader of an option has in addition to its value. */
export interface OptionContext {
  /** Returns how messages call an option of this level: `issuers[0].jwksUri`, or its environment variable. */
  readonly toName: (option: string) => string
  readonly report: (problem: string) => void
  /** Notes that an option is doubtful, and that tokens may still be accepted. */
  readonly warn: (warning: OptionWarning) => void
  /** The option `allowInsecureHosts`: how messages call it, and its valid host names. */
  readonly insecureHosts: { readonly name: string; readonly hosts: readonly string[] }
}

/** A doubt about an option, published at start as `configuration_warning`. */
export interface OptionWarning {
  readonly issuer: string
  readonly option: string
  readonly advice: string
}

/** Creates the context of the outermost options. `own` are their own members. */
export function createOptionContext(
  problems: Problems,
  own: Readonly<Record<string, unknown>>,
  toName: (option: string) => string = (option) => option,
  warnings: OptionWarning[] = [],
): OptionContext {
  const hosts: unknown = own['allowInsecureHosts']
  return {
    toName,
    report: (problem) => problems.add(problem),
    warn: (warning) => void warnings.push(warning),
    insecureHosts: {
      name: toName('allowInsecureHosts'),
      hosts: Array.isArray(hosts) ? hosts.filter(isHostName) : [],
    },
  }
}

/** Returns the context of the options inside an option. `name` is how messages call that option. */
export function nestContext(context: OptionContext, name: string): OptionContext {
  return { ...context, toName: (option) => `${name}.${option}` }
}

export function isHostName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)
}
