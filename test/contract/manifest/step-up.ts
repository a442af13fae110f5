import { type Line, tested } from './line.ts'

/** Lines of RFC 9470: challenges for another authentication of the user. */
export const stepUp: readonly Line[] = [
  tested('9470-01', 'RFC 9470, 3', 'A token without a required acr gets 401 with acr_values.'),
  tested('9470-02', 'RFC 9470, 3', 'acr_values are separated by spaces, in their order.'),
  tested('9470-03', 'RFC 9470, 3', 'A token whose auth_time is too old gets 401 with max_age.'),
  tested('9470-04', 'RFC 9470, 3', 'One challenge contains acr_values and max_age.'),
  tested('9470-05', 'RFC 9470, 3', 'The challenge also contains the required scope.'),
  tested('9470-06', 'RFC 9470, 6', 'JWTs and introspection responses have the same outcome.'),
  tested('9470-07', 'RFC 9470, 6', 'A claim that is missing or has a wrong type is challenged.'),
  tested('9470-08', 'RFC 9470, 3', 'A challenge of the scheme DPoP can contain the parameters.'),
  tested(
    '9470-09',
    'RFC 6750, 3.1',
    'An invalid token is rejected before acr and auth_time are checked.',
  ),
  tested('9470-10', 'RFC 9470, 3', 'A machine gets 403, because it has no user.'),
  tested('9470-11', 'RFC 9470, 3', 'max_age can be 0. An age of exactly max_age is accepted.'),
  tested('9470-12', 'RFC 9470, 5', 'Values of acr are compared exactly, and are not ordered.'),
]
