// The short course, in which two people meet without a server, with a fault at every moment of it.

import { testFaults } from "./short_course_faults.ts";

testFaults(false);
