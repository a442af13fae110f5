/**
 * Derives a value from a constant (a rule, the settings of an issuer) once, however often it is asked for:
 * what every token needs and no token changes.
 */
export function memoize<Constant extends object, Value>(
  derive: (constant: Constant) => Value,
): (constant: Constant) => Value {
  const derived = new WeakMap<Constant, Value>()
  return (constant) => {
    let value = derived.get(constant)
    if (value === undefined) {
      value = derive(constant)
      derived.set(constant, value)
    }
    return value
  }
}
