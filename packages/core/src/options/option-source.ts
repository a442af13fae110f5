/** A source of options: the argument of `createResourceServer`, or the environment. */
export interface OptionSource {
  /** The first line of the error that lists the problems. */
  readonly title: string
  /** Returns the name of an option in messages. */
  readonly toName: (option: string) => string
  /**
   * `false` if the options come from an adapter that does not know the connection of a request.
   *
   * @default true
   */
  readonly hasSocket?: boolean
}
