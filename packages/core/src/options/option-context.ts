import type { Problems } from '../configuration-problems.ts'

/** The context in which the reader of an option runs. */
export interface OptionContext {
  /** Returns the name of an option of this level in messages: `issuers[0].jwksUri`, or its environment variable. */
  readonly toName: (option: string) => string
  /** Adds a problem. The configuration is then rejected. */
  readonly report: (problem: string) => void
  /** Adds a warning about an option that is probably wrong. The configuration is still accepted. */
  readonly warn: (warning: OptionWarning) => void
  /** The option `allowInsecureHosts`: its name in messages, and its valid entries. */
  readonly insecureHosts: { readonly name: string; readonly hosts: readonly string[] }
  /** `false`: the adapter does not know the connection of a request. */
  readonly hasSocket?: boolean
  /** Values of common options that the options of an issuer depend on. `undefined` if there are no issuers. */
  readonly common?: CommonValuesOfIssuers
}

/** Values of common options that the options of an issuer depend on. */
export interface CommonValuesOfIssuers {
  /** The option `resource`: the default of `audience`. */
  readonly resource: string | undefined
  /** Returns the time in seconds since the epoch. */
  readonly now: () => number
}

/** A warning about an option. It is published as `configuration_warning`. */
export interface OptionWarning {
  /** `undefined`: the option is not an option of an issuer. */
  readonly issuer: string | undefined
  readonly option: string
  readonly advice: string
}

/** Creates the context of the top-level options. `own` contains the own members of the options object. */
export function createOptionContext(
  problems: Problems,
  own: Readonly<Record<string, unknown>>,
  toName: (option: string) => string = (option) => option,
  warnings: OptionWarning[] = [],
  hasSocket = true,
): OptionContext {
  const hosts: unknown = own['allowInsecureHosts']
  return {
    toName,
    report: (problem) => problems.add(problem),
    warn: (warning) => void warnings.push(warning),
    hasSocket,
    insecureHosts: {
      name: toName('allowInsecureHosts'),
      hosts: Array.isArray(hosts) ? hosts.filter(isHostName) : [],
    },
  }
}

/** Returns the context of the options inside an option. `name` is the name of the outer option in messages. */
export function nestContext(context: OptionContext, name: string): OptionContext {
  return { ...context, toName: (option) => `${name}.${option}` }
}

/** Returns whether a value is a lower-case host name without a port. */
export function isHostName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)
}
