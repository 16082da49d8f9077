// The names of what the nodes share in the database. The first two are the original system's.
#pragma once

namespace imcaxy::cluster {

inline constexpr const char* images_collection = "cachedImages";
inline constexpr const char* invalidations_collection = "invalidations";
inline constexpr const char* events_collection = "invalidationEvents";
inline constexpr const char* nodes_collection = "nodes";
inline constexpr const char* leases_collection = "leases";
inline constexpr const char* blocks_collection = "blocks";
inline constexpr const char* cluster_collection = "cluster";

}  // namespace imcaxy::cluster
