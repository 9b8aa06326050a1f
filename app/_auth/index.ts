/**
 * Logins, actors, permissions and the edges of a request.
 *
 * @module
 */
export {
  type Actor,
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  isAtLeast,
  type Member,
  nameOfActor,
  type OperatorActor,
  VISITOR,
} from './actor.ts';
export { type Context, newId, newOperation, ruleContext } from './context.ts';
export {
  type Cookie,
  expiredCookie,
  formatCookie,
  hashOfSecret,
  makeCookie,
  newCookieValue,
  readCookie,
} from './cookies.ts';
export {
  clientNetwork,
  type LimitedAction,
  openStreamSlot,
  openStreams,
  takeFromLimit,
} from './limits.ts';
export { chooseNetwork, createLogin, isLoginValid, revokeLogin } from './logins.ts';
export { checkSameOrigin, hostName, isAllowedHost } from './origins.ts';
export { hashPassword, isPasswordOf, PASSWORD_LENGTH_MIN } from './password.ts';
export * as permissions from './permissions.ts';
export {
  CLIENT_ADDRESS_HEADER,
  clientAddress,
  contextOf,
  endpointNames,
  getPageContext,
  hasBearerToken,
  isSecureRequest,
  portalName,
  setPageCookie,
} from './request.ts';
export { createSetupLink, isSetupLinkOpen, spendSetupLink } from './setup-link.ts';
