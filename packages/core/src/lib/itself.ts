/**
 * A constructor that returns its argument. A class that extends `Itself` adds its private fields to this argument, which must be
 * extensible. Only this class can read the fields, and copies of the object do not have them.
 *
 * Use it instead of a `WeakMap` if each request has its own object. V8 copies all new values of a `WeakMap` at the next garbage
 * collection, even if their keys are no longer used. This takes longer than the claim checks of a request.
 */
export const Itself = function (object: object) {
  return object
} as unknown as new (object: object) => object
