/**
 * Returns a function that calls `derive` once for each constant and then returns the same value. A constant is, for
 * example, a rule or the settings of an issuer.
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
