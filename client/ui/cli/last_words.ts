/**
 * What says how a command has ended. Who gives up access to files loads it before: from source, modules are files.
 *
 * @module
 */

import "../../../shared/process/fitted.ts";
import "../failure_kind.ts";
import "../wording/wording.ts";
